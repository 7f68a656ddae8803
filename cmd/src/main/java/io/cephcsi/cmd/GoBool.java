package io.cephcsi.cmd;

import io.cephcsi.csi.GoBoolean;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A boolean flag's value, as Go reads it. */
final class GoBool implements ITypeConverter<Boolean> {
  @Override
  public Boolean convert(String text) {
    return GoBoolean.read(text)
        .orElseThrow(() ->
            new TypeConversionException(
                "\"%s\" is neither true nor false: give one of the two".formatted(text)));
  }
}
