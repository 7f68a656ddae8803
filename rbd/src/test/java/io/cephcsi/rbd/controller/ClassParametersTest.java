package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a class may not say. */
class ClassParametersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mounter|nfs|mounter nfs is unknown: use one of rbd, rbd-nbd, userspace",
        "cephLogDir|var/log|cephLogDir var/log is relative: give an absolute path in the class",
        "cephLogStrategy|burn|cephLogStrategy burn is unknown: use one of remove, compress, preserve",
        "mapOptions|a b|mapOptions \"a b\" has blanks: separate options by commas",
        "tryOtherMounters|perhaps|tryOtherMounters perhaps: use true or false",
      })
  void wrongValue_isToldWithWhatIsKnown(String key, String value, String told) {
    var parameters = new ClassParameters(Map.of(key, value));
    assertThatThrownBy(parameters::requireMappable)
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessage(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stripeUnit|4096|stripeUnit and stripeCount go together: set both or none",
        "stripeUnit|many|stripeUnit many is not a number: correct it in the class",
        "objectSize|5|objectSize 5 is not a power of two: set one that is, such as 4194304",
        "imageFeatures|flying|imageFeatures flying: unknown feature \"flying\"; known are layering, exclusive-lock, object-map, fast-diff, deep-flatten, journaling",
        "imageFeatures|fast-diff|imageFeatures: fast-diff needs object-map, add it",
        "dataPool|EMPTY|parameter dataPool is empty: give it a value or leave it out",
      })
  void wrongLayout_isTold(String key, String value, String told) {
    var parameters = new ClassParameters(Map.of(key, value.equals("EMPTY") ? "" : value));
    assertThatThrownBy(parameters::imageOptions)
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessage(told);
  }

  @ParameterizedTest
  @CsvSource({"'',not set", "rbd,rbd"})
  void journaling_isForOneMounterAlone(String mounter, String told) {
    var parameters =
        new ClassParameters(
            Map.of("imageFeatures", "journaling,exclusive-lock", "mounter", mounter));
    assertThatThrownBy(parameters::imageOptions)
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessage(
            "imageFeatures: journaling needs mounter rbd-nbd, it is %s: set that, or leave journaling out",
            told);
  }
}
