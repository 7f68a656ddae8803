package io.cephcsi.csi;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.UnknownFieldSet;
import csi.v1.Csi;
import java.util.List;

/** Messages as the log may have them: what CSI declares secret is taken out, by its declaration. */
final class Redacted {
  private Redacted() {}

  /** The message in a line; of a secret, only that there is one. */
  static String text(Message message) {
    return TextFormat.printer().emittingSingleLine(true).printToString(of(message)).strip();
  }

  private static Message of(Message message) {
    Message.Builder copy = message.toBuilder();
    message.getAllFields().forEach((field, value) -> redact(copy, field, value));
    // Fields that this build does not know may be anything.
    return copy.setUnknownFields(UnknownFieldSet.getDefaultInstance()).build();
  }

  private static void redact(Message.Builder copy, FieldDescriptor field, Object value) {
    if (field.getOptions().getExtension(Csi.csiSecret)) {
      copy.clearField(field);
      stripped(copy, field);
    } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isMapField()) {
      if (value instanceof List<?> list) {
        copy.setField(field, list.stream().map(item -> of((Message) item)).toList());
      } else {
        copy.setField(field, of((Message) value));
      }
    }
  }

  private static void stripped(Message.Builder copy, FieldDescriptor field) {
    if (field.isMapField()) {
      Message.Builder entry = copy.newBuilderForField(field);
      FieldDescriptor key = entry.getDescriptorForType().findFieldByNumber(1);
      copy.addRepeatedField(field, entry.setField(key, "***stripped***").build());
    } else if (field.getJavaType() == FieldDescriptor.JavaType.STRING && !field.isRepeated()) {
      copy.setField(field, "***stripped***");
    }
  }
}
