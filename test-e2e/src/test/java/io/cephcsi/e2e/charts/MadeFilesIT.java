package io.cephcsi.e2e.charts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MadeFilesIT {
  @Test
  void deployAndSchemas_areWhatTheChartsMakeOfThem() {
    assertThat(MadeFiles.outdated()).as("./dev charts write brings these up to date").isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void chart_passesHelmsOwnCheck(Chart chart) {
    Helm.Outcome outcome =
        Helm.found()
            .run(
                List.of(
                    "lint",
                    "--strict",
                    "--kube-version=" + Helm.KUBERNETES,
                    chart.folder().toString()));

    assertThat(outcome.exit()).as(outcome.output() + outcome.errors()).isZero();
  }
}
