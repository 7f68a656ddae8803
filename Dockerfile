# The driver's image, for amd64 and arm64. `./dev image` builds it without any registry, on a base of Debian's packages;
# where a registry can be reached, any builder makes it of the checkout after `./dev build`.
#
# What goes in can be pinned: BASE by digest, and all packages by a MIRROR that stands still
# (http://snapshot.debian.org/archive/debian/<date>). Files have no times after SOURCE_DATE_EPOCH. Only cephcsi.aot differs from
# build to build, since it is the memory of a JVM that ran.
#
# No HEALTHCHECK: kubelet asks the liveness container of each pod.

ARG BASE=debian:trixie-slim

# ---------------------------------------------------------------- the driver, and a Java runtime of its modules

FROM ${BASE} AS program
ARG MIRROR=http://deb.debian.org/debian
ARG SUITE=trixie
ARG SOURCE_DATE_EPOCH=1767225600
ARG JDK=openjdk-25-jdk-headless
ARG MODULES=java.base,java.logging,java.management,java.naming,java.net.http,java.xml,jdk.httpserver,jdk.management,jdk.unsupported
RUN rm -f /etc/apt/sources.list.d/* \
  && echo "deb $MIRROR $SUITE main" >/etc/apt/sources.list \
  && apt-get -qq -o Acquire::Check-Valid-Until=false update \
  && mkdir -p /usr/share/man/man1 `# which a Debian without manuals lacks, and the JDK links into` \
  && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$JDK"
# Debian's JDK comes with its symbols for debuggers, which are nine tenths of it; the second archive is for larger heaps.
RUN mkdir -p /program/lib/cephcsi && jlink --add-modules "$MODULES" --no-header-files --no-man-pages --compress zip-6 \
    --generate-cds-archive --output /program/lib/cephcsi/jdk \
  && find /program -name '*.debuginfo' -delete && rm -f /program/lib/cephcsi/jdk/lib/server/classes_nocoops.jsa
COPY bin /program/lib/cephcsi
COPY LICENSE NOTICE cmd/target/sbom.json /program/lib/cephcsi/
# JNA's native part for this machine, unpacked once instead of at each start. The times are last, and the cache of classes holds
# only for them.
RUN mkdir /program/lib/cephcsi/native /program/bin && cd /program/lib/cephcsi/native \
  && jar xf ../lib/jna-[0-9]*.jar "com/sun/jna/linux-$(uname -m | tr _ -)/libjnidispatch.so" \
  && mv com/sun/jna/*/libjnidispatch.so . && rm -r com \
  && ln -s ../lib/cephcsi/cephcsi /program/bin/cephcsi \
  && find /program -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# ---------------------------------------------------------------- Debian with what the driver loads and calls

FROM ${BASE} AS debian
ARG MIRROR=http://deb.debian.org/debian
ARG SUITE=trixie
ARG SOURCE_DATE_EPOCH=1767225600
# In this order: librados and librbd; mkfs, fsck and resize of ext4 and xfs; mount, losetup, nsenter; modprobe; getfattr; rbd and
# mount.ceph; a mapper of user space; what the userspace mapper runs.
ARG PACKAGES="librados2 librbd1 e2fsprogs xfsprogs util-linux mount kmod attr ceph-common rbd-nbd fuse3 qemu-utils qemu-block-extra"
# Debian has it for some machines only, not for arm64: there CephFS is mounted by the kernel, and volumes that ask for
# `mounter: fuse` are told why not.
ARG PACKAGES_OF_SOME="ceph-fuse"
RUN rm -f /etc/apt/sources.list.d/* \
  && echo "deb $MIRROR $SUITE main" >/etc/apt/sources.list \
  && apt-get -qq -o Acquire::Check-Valid-Until=false update \
  && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $PACKAGES \
    $(apt-cache --names-only search "^($PACKAGES_OF_SOME)\$" | cut -d ' ' -f 1) \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/cache/ldconfig/aux-cache /var/lib/dpkg/*-old /etc/ceph/* \
  && find /var/log -type f -delete \
  && find /etc /usr /var -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# ---------------------------------------------------------------- the cache of classes, by a run of this very driver

FROM debian AS trained
ARG MIRROR=http://deb.debian.org/debian
# Before the driver, which changes more often.
RUN apt-get -qq -o Acquire::Check-Valid-Until=false update \
  && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ceph-mon ceph-mgr ceph-osd
COPY --from=program /program /usr/local
COPY test-e2e /train/test-e2e
# How many seconds Ceph's daemons have to answer: more where the machine is emulated.
ARG PATIENCE=60
# The program that trains looks for the driver in bin/. A cache that the JVM would not take is as good as none.
RUN mkdir /train/bin && ln -s /usr/local/bin/cephcsi /train/bin/cephcsi && cd /train \
  && SINGLE_NODE_PATIENCE=$PATIENCE /usr/local/lib/cephcsi/jdk/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp 'test-e2e/target/test-e2e.jar:test-e2e/target/lib/*' io.cephcsi.e2e.Training /usr/local/lib/cephcsi/cephcsi.aot \
  && CEPHCSI_JAVA_OPTS='-XX:AOTMode=on -Xlog:aot=warning' cephcsi --version

# ---------------------------------------------------------------- the image

FROM debian
COPY --from=program /program /usr/local
COPY --from=trained /usr/local/lib/cephcsi/cephcsi.aot /usr/local/lib/cephcsi/
LABEL org.opencontainers.image.title="cephcsi" \
  org.opencontainers.image.description="A CSI driver for Ceph" \
  org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/local/bin/cephcsi"]
