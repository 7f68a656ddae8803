package io.cephcsi.journal;

/** An entry of the directory: a request's name and the UUID that it owns. */
public record NamedUuid(String name, String uuid) {}
