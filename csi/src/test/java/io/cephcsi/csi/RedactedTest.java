package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import csi.v1.ControllerPublishVolumeRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.Csi;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RedactedTest {
  private static final String SECRET = "AQDsecretsecret==";

  @Test
  void text_secretsAndOthers_onlyTheSecretsAreGone() {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName("pvc-1")
            .putParameters("pool", "rbd")
            .putSecrets("userKey", SECRET)
            .build();

    assertThat(Redacted.text(request))
        .contains("pvc-1")
        .contains("\"pool\"")
        .contains("***stripped***")
        .doesNotContain(SECRET)
        .doesNotContain("userKey");
  }

  @Test
  void text_noSecrets_namesNone() {
    var request = ControllerPublishVolumeRequest.newBuilder().setVolumeId("v").build();

    assertThat(Redacted.text(request)).isEqualTo("volume_id: \"v\"");
  }

  @Test
  void text_unknownField_isLeftOut() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                999,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(com.google.protobuf.ByteString.copyFromUtf8(SECRET))
                    .build())
            .build();
    var request = CreateVolumeRequest.newBuilder().setUnknownFields(unknown).build();

    assertThat(Redacted.text(request)).doesNotContain(SECRET);
  }

  /** Whatever CSI declares secret, in whichever message: a new one is found by itself. */
  @ParameterizedTest
  @MethodSource("messagesWithSecrets")
  void text_everyDeclaredSecret_isGone(Descriptor type) {
    Message.Builder message = DynamicMessage.newBuilder(type);
    type.getFields().stream().filter(RedactedTest::secret).forEach(f -> fill(message, f));

    assertThat(message.build().toString()).contains(SECRET);
    assertThat(Redacted.text(message.build())).doesNotContain(SECRET);
  }

  static Stream<Descriptor> messagesWithSecrets() {
    return Csi.getDescriptor().getMessageTypes().stream()
        .filter(type -> type.getFields().stream().anyMatch(RedactedTest::secret));
  }

  @Test
  void csi_declaresSecretsInManyMessages() {
    assertThat(messagesWithSecrets()).hasSizeGreaterThan(15);
  }

  private static boolean secret(FieldDescriptor field) {
    return field.getOptions().getExtension(Csi.csiSecret);
  }

  private static void fill(Message.Builder message, FieldDescriptor field) {
    if (field.isMapField()) {
      Message.Builder entry = message.newBuilderForField(field);
      entry.setField(entry.getDescriptorForType().findFieldByNumber(1), "userKey");
      entry.setField(entry.getDescriptorForType().findFieldByNumber(2), SECRET);
      message.addRepeatedField(field, entry.build());
    } else {
      message.setField(field, SECRET);
    }
  }
}
