package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterConfigsTest {
  @TempDir Path folder;

  private ClusterConfigs configs(String text) throws IOException {
    return new ClusterConfigs(Files.writeString(folder.resolve("config.json"), text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|clusterID one is not in config.json: add it there",
        "[{\"clusterID\":\"one\",\"monitors\":[]}]|clusterID one has no monitors in config.json",
      })
  void clusterThatCannotBeUsed_isAWrongRequest(String text, String told) throws IOException {
    ClusterConfigs configs = configs(text);
    assertThatThrownBy(() -> configs.require("one"))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|it must be an array of clusters",
        "[|line 1",
        "[{\"clusterID\":1}]|clusterID must be a string, it is 1",
        "[{\"clusterID\":\"one\",\"monitors\":\"m\"}]|monitors must be an array of strings",
      })
  void brokenFile_isToldWithThePlace(String text, String told) throws IOException {
    ClusterConfigs configs = configs(text);
    assertThatThrownBy(configs::all)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("config.json is broken: ")
        .hasMessageContaining(told);
  }

  @Test
  void fileThatIsMissingOrAFolder_isTold() {
    assertThatThrownBy(new ClusterConfigs(folder.resolve("none"))::all)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is missing: mount the ConfigMap");
    assertThatThrownBy(new ClusterConfigs(folder)::all)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("cannot be read");
  }
}
