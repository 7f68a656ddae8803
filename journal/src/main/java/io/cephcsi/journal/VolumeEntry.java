package io.cephcsi.journal;

/**
 * What the journal knows of a volume; texts are empty where it knows nothing.
 *
 * @param requestName the name that owns it
 * @param imageName the image's name, never empty
 * @param imageId the image's id in its pool; empty until the image was made
 * @param owner the namespace of its claim
 * @param parameters what was asked for; empty for volumes of ceph-csi
 */
public record VolumeEntry(
    String uuid,
    String requestName,
    String imageName,
    String imageId,
    String owner,
    String parameters) {}
