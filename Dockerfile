# The driver's image, for amd64 and arm64. `./dev image` builds it without any registry, on a base of Debian's packages;
# where a registry can be reached, BuildKit makes it of the checkout after `./dev build`.
#
# What goes in can be pinned: BASE by digest, and all packages by a MIRROR that stands still
# (http://snapshot.debian.org/archive/debian/<date>). Files have no times after SOURCE_DATE_EPOCH. Only cephcsi.aot differs from
# build to build, since it is the memory of a JVM that ran.
#
# No HEALTHCHECK: kubelet asks the liveness container of each pod.

ARG BASE=debian:trixie-slim
# The same for the machine that builds, where that is not of the kind that BASE is for.
ARG BUILDER=${BASE}
# As builders set them: the machine that builds, linux/amd64 or linux/arm64, and the one that the image is for, amd64 or arm64.
ARG BUILDPLATFORM
ARG TARGETARCH

# ---------------------------------------------------------------- the driver, and a Java runtime of its modules

# On the machine that builds, which links the runtime of the other one as well as its own, and need not emulate it for that.
FROM --platform=${BUILDPLATFORM} ${BUILDER} AS program
ARG MIRROR=http://deb.debian.org/debian
ARG SUITE=trixie
ARG SOURCE_DATE_EPOCH=1767225600
ARG JDK=openjdk-25-jdk-headless
ARG MODULES=java.base,java.logging,java.management,java.naming,java.net.http,java.xml,jdk.httpserver,jdk.management,jdk.unsupported
ARG TARGETARCH
RUN rm -f /etc/apt/sources.list.d/* \
  && echo "deb $MIRROR $SUITE main" >/etc/apt/sources.list \
  && dpkg --add-architecture "$TARGETARCH" \
  && apt-get -qq -o Acquire::Check-Valid-Until=false update \
  && mkdir -p /usr/share/man/man1 `# which a Debian without manuals lacks, and the JDK links into` \
  && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$JDK" \
  && cd /tmp && apt-get -qq -o APT::Sandbox::User=root download "$JDK:$TARGETARCH" && dpkg-deb -x ./*.deb /jdk
# Debian's JDK comes with its symbols for debuggers, which are nine tenths of it. No archive of the runtime's own classes, since
# cephcsi.aot has them.
RUN mkdir -p /program/lib/cephcsi && jlink --module-path "$(echo /jdk/usr/lib/jvm/*/jmods)" --add-modules "$MODULES" --no-header-files \
    --no-man-pages --compress zip-6 --output /program/lib/cephcsi/jdk \
  && find /program -name '*.debuginfo' -delete
COPY bin /program/lib/cephcsi
COPY LICENSE NOTICE cmd/target/sbom.json /program/lib/cephcsi/
# JNA's native part for that machine, unpacked once instead of at each start. The times are last, and the cache of classes holds
# only for them.
RUN mkdir /program/lib/cephcsi/native /program/bin && cd /program/lib/cephcsi/native \
  && case $TARGETARCH in arm64) machine=aarch64 ;; *) machine=x86-64 ;; esac \
  && jar xf ../lib/jna-[0-9]*.jar "com/sun/jna/linux-$machine/libjnidispatch.so" \
  && mv com/sun/jna/*/libjnidispatch.so . && rm -r com \
  && ln -s ../lib/cephcsi/cephcsi /program/bin/cephcsi \
  && find /program -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# ---------------------------------------------------------------- Debian with what the driver loads and calls

FROM --platform=linux/${TARGETARCH} ${BASE} AS debian
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
# The Ceph that it runs on: what single-node leaves in cluster.env of one that can be reached from here, and the key, where this
# machine is emulated and would need long for daemons; else one that is started here.
ARG CLUSTER
# Before the driver, which changes more often.
RUN [ -n "$CLUSTER" ] || { apt-get -qq -o Acquire::Check-Valid-Until=false update \
  && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ceph-mon ceph-mgr ceph-osd; }
COPY --from=program /program /usr/local
COPY test-e2e /train/test-e2e
ARG CLUSTER_KEY
# The program that trains looks for the driver in bin/. Who emulates this machine without a Ceph of his own has to be patient. A
# cache that the JVM would not take is as good as none.
RUN mkdir /train/bin /train/cluster && ln -s /usr/local/bin/cephcsi /train/bin/cephcsi && cd /train/cluster \
  && echo "$CLUSTER_KEY" >admin.key && printf '%s\nkey_file=%s\n' "$CLUSTER" "$PWD/admin.key" >cluster.env && cd .. \
  && SINGLE_NODE_PATIENCE=600 /usr/local/lib/cephcsi/jdk/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp 'test-e2e/target/test-e2e.jar:test-e2e/target/lib/*' io.cephcsi.e2e.Training /usr/local/lib/cephcsi/cephcsi.aot ${CLUSTER:+cluster} \
  && CEPHCSI_JAVA_OPTS='-XX:AOTMode=on -Xlog:aot=warning' cephcsi --version

# ---------------------------------------------------------------- the image

FROM debian
COPY --from=program /program /usr/local
COPY --from=trained /usr/local/lib/cephcsi/cephcsi.aot /usr/local/lib/cephcsi/
LABEL org.opencontainers.image.title="cephcsi" \
  org.opencontainers.image.description="A CSI driver for Ceph" \
  org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/local/bin/cephcsi"]
