package io.cephcsi.cluster.care;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Opened;
import io.cephcsi.cluster.care.Finding.Hold;
import io.cephcsi.cluster.care.Finding.Kind;
import io.cephcsi.cluster.care.Mending.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What holds for each kind of damage: it is found, mended, and taken back as far as that is
 * possible. A test has the kinds in a static method {@code damages}.
 *
 * @param <M> what is stored, in memory
 * @param <O> the place that it is stored in, open
 */
public abstract class CareContract<M, O extends Opened> {
  /** What mending has kept, in order. */
  protected final List<Step> backup = new ArrayList<>();

  /**
   * A way to damage volume 2, or what belongs to volume 1.
   *
   * @param undoable whether all that mends it can be taken back
   * @param timeless whether nobody knows since when it is so, and no driver leaves it so in a step
   *     of its own, so that its age does not count
   */
  public record Damage<M>(
      String name, Kind kind, boolean undoable, boolean timeless, Consumer<M> make) {
    public Damage(String name, Kind kind, boolean undoable, Consumer<M> make) {
      this(name, kind, undoable, false, make);
    }

    /** The same, whose age does not count. */
    public Damage<M> withoutTime() {
      return new Damage<>(name, kind, undoable, true, make);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** What is stored: a whole volume 1, and nothing else yet. */
  protected abstract M withVolume();

  /** All that is stored now. */
  protected abstract Map<String, Object> all();

  @MustBeClosed
  protected abstract O open();

  protected abstract Mending mending(O opened, Duration grace);

  protected abstract List<Class<? extends Step>> steps();

  @ParameterizedTest
  @MethodSource("damages")
  void damage_isFoundMendedAndNotFoundAgain(Damage<M> damage) {
    M stored = withVolume();
    Map<String, Object> sound = all();
    damage.make().accept(stored);

    List<Finding> findings = findings(Duration.ZERO);
    assertThat(findings).extracting(Finding::kind).containsExactly(damage.kind());
    assertThat(findings.getFirst().mendable()).isTrue();
    assertThat(mend(findings.getFirst())).isInstanceOf(Outcome.Mended.class);

    assertThat(findings(Duration.ZERO)).isEmpty();
    assertThat(all().keySet()).containsAll(sound.keySet());
  }

  @ParameterizedTest
  @MethodSource("damages")
  void whatWasMended_canBeTakenBackAsFarAsThatIsPossible(Damage<M> damage) {
    damage.make().accept(withVolume());
    Map<String, Object> before = all();
    assertThat(mend(findings(Duration.ZERO).getFirst())).isInstanceOf(Outcome.Mended.class);

    List<Step> kept =
        backup.stream().map(step -> Step.of(step.json(), steps()).orElseThrow()).toList();
    assertThat(kept).isEqualTo(backup);
    assertThat(kept.stream().allMatch(Step::undoable)).isEqualTo(damage.undoable());
    List<Step> undoable = kept.reversed().stream().filter(Step::undoable).toList();
    try (O opened = open()) {
      Pool pool = opened.pool();
      assertThat(undoable).noneMatch(step -> step.isBack(pool));
      undoable.forEach(step -> step.undo(pool));
      if (damage.undoable()) {
        assertThat(undoable).allMatch(step -> step.isBack(pool));
        assertThat(all()).isEqualTo(before);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("damages")
  void whatHasJustChanged_isLeftAlone(Damage<M> damage) {
    damage.make().accept(withVolume());
    assertThat(findings(Duration.ofHours(1)))
        .singleElement()
        .extracting(Finding::hold)
        .isEqualTo(damage.timeless() ? Hold.NONE : Hold.YOUNG);
  }

  protected final List<Finding> findings(Duration grace) {
    try (O opened = open()) {
      return mending(opened, grace).findings();
    }
  }

  protected final Outcome mend(Finding finding) {
    try (O opened = open()) {
      return mending(opened, Duration.ZERO).mend(finding, backup::add);
    }
  }
}
