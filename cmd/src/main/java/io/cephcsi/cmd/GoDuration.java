package io.cephcsi.cmd;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as Go writes them: {@code 30s}, {@code 1m30s}, {@code 1.5h}. */
final class GoDuration implements ITypeConverter<Duration> {
  private static final Pattern PART = Pattern.compile("(\\d+\\.?\\d*)(ns|us|ms|s|m|h)");
  private static final Map<String, Long> NANOS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  @Override
  public Duration convert(String text) {
    String sign = text.startsWith("-") ? "-" : "";
    String parts = text.substring(sign.length());
    if (parts.equals("0")) {
      return Duration.ZERO;
    }
    if (!parts.matches("(" + PART + ")+")) {
      throw new TypeConversionException(
          "\"%s\" is not a duration: give one like 30s or 1m30s".formatted(text));
    }
    Duration sum =
        PART.matcher(parts)
            .results()
            .map(m -> part(m.group(1), m.group(2)))
            .reduce(Duration.ZERO, Duration::plus);
    return sign.isEmpty() ? sum : sum.negated();
  }

  /** What {@link #convert} would read, in seconds, or in milliseconds where they are not whole. */
  static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() + "ms";
  }

  private static Duration part(String number, String unit) {
    return Duration.ofNanos(
        new BigDecimal(number)
            .multiply(BigDecimal.valueOf(NANOS.getOrDefault(unit, 0L)))
            .longValue());
  }
}
