package io.cephcsi.rbd.controller;

import io.cephcsi.journal.VolumeEntry;

/** The image that a volume name owns, and its size now. */
record MadeImage(VolumeEntry entry, long sizeBytes) {}
