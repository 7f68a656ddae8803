package io.cephcsi.cluster.care;

import java.util.List;

/**
 * Something in a pool that is not as a driver leaves it when its work is done.
 *
 * @param subject which name, object or image
 * @param cause what was seen of it
 * @param hold why it is not mended; {@link Hold#NONE} when it can be
 * @param steps that mend it, in their order; none for what only a person can decide
 * @param where by which it is looked at again
 */
public record Finding(
    Kind kind, String subject, String cause, Hold hold, List<Step> steps, Place where) {
  public Finding {
    steps = List.copyOf(steps);
  }

  /** Whether it is mended when that is asked for. */
  public boolean mendable() {
    return hold == Hold.NONE && !steps.isEmpty();
  }

  /** What is damaged, and what that means. */
  public enum Kind {
    UNUSABLE_NAME(
        "unusable name",
        "The directory key leads to nothing that a driver reads, or to what another name owns: every request by this name is refused."),
    KEY_WITHOUT_OBJECT(
        "directory key without object",
        "The name owns a UUID of which nothing is stored. A deletion or creation stopped between the two; ceph-csi refuses the name for ever."),
    ORPHAN_OBJECT(
        "orphan journal object",
        "No directory key leads to it: a creation lost a race or was cut off, or somebody removed the key."),
    ENTRY_WITHOUT_IMAGE(
        "entry without image",
        "The journal knows a volume or snapshot whose image is not there: it was removed by hand, or its creation was cut off before it."),
    IMAGE_WITHOUT_ENTRY(
        "image without entry",
        "No volume id leads to the image, so that Kubernetes deletes it for nobody. It keeps its space. But a static PersistentVolume may use it by its name, also while no pod runs: see kubectl get pv first."),
    HALF_MADE(
        "half-made clone or image",
        "The creation was cut off: the image's id was never stored, so nobody was ever given it."),
    UNFINISHED(
        "unfinished entry",
        "The image is whole, but its id is missing in the journal: an old ceph-csi left it so, or was stopped at its last step. Or a snapshot was answered whose image lacks what only follows the answer."),
    LEAKED_IMAGE(
        "leaked -temp image",
        "ceph-csi makes it between a volume and its copy; the copy is gone or was never made."),
    LEAKED_SNAPSHOT(
        "leaked snapshot",
        "A copy is cut from it and then it goes; the copy was cut off, and now the source cannot be removed."),
    TRASH_ENTRY(
        "trash entry",
        "A deleted volume or snapshot whose purge was never finished, or an image that somebody moved to the trash by hand. It keeps its space."),
    ENTRY_WITHOUT_SUBVOLUME(
        "entry without subvolume",
        "The journal knows a volume whose subvolume, or a snapshot whose cut, is not there: it was removed by hand, or its creation was cut off before it."),
    SUBVOLUME_WITHOUT_ENTRY(
        "subvolume without entry",
        "No volume id leads to the subvolume, so nobody can use or delete it by Kubernetes. It keeps its space."),
    HALF_MADE_CLONE(
        "half-made clone", "The manager has given up copying it, so nobody was ever given it."),
    STALE_TRACKER(
        "stale tracker of a snapshot",
        "It counts a volume that only showed the snapshot and is gone, or is itself of a snapshot that is gone. While it counts, the deleted snapshot keeps its space."),
    STALE_NOTE(
        "stale purge note",
        "The journal remembers an image that is to be purged, and it is gone already.");

    private final String title;
    private final String explanation;

    Kind(String title, String explanation) {
      this.title = title;
      this.explanation = explanation;
    }

    /** A few words. */
    public String title() {
      return title;
    }

    /** How it comes about, and what it does. */
    public String explanation() {
      return explanation;
    }
  }

  /** Why something is left alone. */
  public enum Hold {
    NONE,
    /** Some driver may still be at it. */
    YOUNG,
    /** A client has the image open. */
    IN_USE,
    /** What is right cannot be told from here. */
    BY_HAND
  }
}
