package io.cephcsi.cmd;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which package may know what. */
class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          // In a whole build the other modules' tests are jars, which that option does not know.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.cephcsi");

  @ParameterizedTest
  @MethodSource
  void rules(ArchRule rule) {
    rule.check(OURS);
  }

  static Stream<ArchRule> rules() {
    return Stream.of(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.ceph..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna..")
            .because("native code is behind the module ceph"),
        noClasses()
            .that()
            .resideInAnyPackage("io.cephcsi.ceph..", "io.cephcsi.journal..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "csi.v1..", "io.cephcsi.csi..")
            .because("Ceph and its journal know nothing of CSI"),
        noClasses()
            .that()
            .resideInAPackage("io.cephcsi.csi..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.cephcsi.ceph..", "io.cephcsi.journal..")
            .because("what every CSI service shares knows nothing of Ceph"),
        noClasses()
            .that()
            .resideInAPackage("io.cephcsi.cluster..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.cephcsi.rbd..", "io.cephcsi.cephfs..")
            .because("a cluster is the same to both drivers"),
        noClasses()
            .that()
            .resideInAPackage("io.cephcsi.rbd..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.cephcsi.cephfs..")
            .because("the two drivers never see each other"),
        noClasses()
            .that()
            .resideInAPackage("io.cephcsi.cephfs..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.cephcsi.rbd..")
            .because("the two drivers never see each other")
            .allowEmptyShould(true),
        noClasses()
            .that()
            .resideInAnyPackage(
                "io.cephcsi.cluster..",
                "io.cephcsi.rbd..",
                "io.cephcsi.cephfs..",
                "io.cephcsi.journal..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.grpc.Status")
            .because("one place chooses a gRPC code: CsiException"),
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.csi.host..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class)
            .because("child processes are started in csi.host alone"),
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.cmd..")
            .should()
            .callMethod(System.class, "getenv", String.class)
            .because("the environment is read in cmd alone"),
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.metrics..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.prometheus..", "com.sun.net.httpserver..")
            .because("metrics are shown in the module metrics alone"),
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.tracing..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..")
            .because("OpenTelemetry is loaded only where it is asked for"),
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "io.cephcsi.metrics..", "io.cephcsi.liveness..", "io.cephcsi.cmd..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.cephcsi.metrics..")
            .because("what is counted knows nothing of counting: it has CallListener and Phase"),
        noClasses()
            .that()
            .resideInAnyPackage("io.cephcsi.metrics..", "io.cephcsi.liveness..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.cephcsi.ceph..",
                "io.cephcsi.journal..",
                "io.cephcsi.cluster..",
                "io.cephcsi.rbd..")
            .because("metrics and liveness know nothing of Ceph"),
        noClasses()
            .that()
            .resideOutsideOfPackage("io.cephcsi.cmd..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..")
            .because("flags are read in cmd alone"),
        slices().matching("io.cephcsi.(**)").should().beFreeOfCycles());
  }
}
