package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import io.cephcsi.ceph.Pool;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/** What the contracts of the three journals share; keys and values in them are ceph-csi's. */
abstract class JournalContract {
  static final String FIRST = "00000000-0000-4000-8000-000000000001";

  /** Of a name that is in the directory: what its journal meets first it takes to be a new one. */
  static final String SECOND = "00000000-0000-4000-8000-000000000002";

  static final String THIRD = "00000000-0000-4000-8000-000000000003";
  static final String STRANGER = "b0285c97-a0ce-11eb-8c66-0242ac110002";

  /** What RADOS and the program must both take: longer than any name of Kubernetes, not ASCII. */
  static final String LONG_NAME = "é".repeat(500);

  /** A pool that no cluster has. */
  static final String GONE = "00000000000f4240";

  private long made;

  abstract TestPools pools();

  Pool pool() {
    return pools().pool();
  }

  Stores stores() {
    return Stores.of(pool());
  }

  /** UUIDs that count from {@link #FIRST}. */
  Supplier<UUID> uuids() {
    return () -> new UUID(0x4000, 0x8000_0000_0000_0000L + ++made);
  }

  /** Puts entries where there may be no object yet, as ceph-csi's writes do. */
  static void put(OmapStore store, String object, Map<String, String> entries) {
    if (!store.create(object, entries)) {
      store.update(object, entries);
    }
  }

  static Map<String, String> omap(OmapStore store, String object) {
    var all = new TreeMap<String, String>();
    var page = store.list(object, "", 1000);
    while (!page.isEmpty()) {
      all.putAll(page);
      page = store.list(object, page.lastKey(), 1000);
    }
    return all;
  }
}
