package io.cephcsi.cmd.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.cephcsi.csi.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** What the documentation names is there: links, files, commands and their flags. */
class DocsTest {
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```");
  private static final Pattern SPAN = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern OURS =
      Pattern.compile("(?<![\\w/.:-])(?:\\./bin/)?cephcsi(?= [a-z-])([^|&;#<>()]*)");
  private static final Pattern DEV = Pattern.compile("(?<![\\w/])\\./dev ([a-z]\\w*)");

  /** How the code reads a parameter of a class, an attribute of a volume, or a key of a Secret. */
  private static final Pattern READ =
      Pattern.compile(
          "\\b(?:required|optional|namePrefix|number|bool|getOrDefault|containsKey|get|attribute|value|require|ofStatic)"
              + "\\((?:secrets, )?\"([a-zA-Z]+)\"");

  private static final Pattern KEY = Pattern.compile("(?m)^\\| ((?:`[\\w.]+`(?:, )?)+) \\|");

  /** How the code reads a key of config.json. */
  private static final Pattern READ_KEY =
      Pattern.compile(
          "\\b(?:(?:field|texts?)\\((?:node|affinity), |ClusterMappings\\(file, |mapping\\.path\\()\"(\\w+)\"\\)");

  static Stream<Path> pages() {
    return Checkout.files(Checkout.ROOT, ".md").stream();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLink_leadsSomewhere(Path page) {
    for (MatchResult link : LINK.matcher(withoutCode(page)).results().toList()) {
      String target = link.group(1);
      if (target.contains("://")) {
        continue;
      }
      String[] parts = target.split("#", 2);
      Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
      assertThat(file).as(target).exists();
      if (parts.length == 2) {
        assertThat(anchors(file)).as(target).contains(parts[1]);
      }
    }
  }

  private static String withoutCode(Path page) {
    return SPAN.matcher(FENCE.matcher(Checkout.read(page)).replaceAll("")).replaceAll("");
  }

  /** As GitHub and GitLab make them of headings. */
  private static Set<String> anchors(Path page) {
    return HEADING
        .matcher(Checkout.read(page))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  /** Code of a page, a line each: spans, blocks and what is indented. */
  private static List<String> code(Path page) {
    String text = Checkout.read(page);
    List<String> lines = new ArrayList<>();
    FENCE.matcher(text).results().forEach(block -> block.group(2).lines().forEach(lines::add));
    String rest = FENCE.matcher(text).replaceAll("");
    rest.lines().filter(line -> line.startsWith("    ")).forEach(lines::add);
    SPAN.matcher(rest).results().forEach(span -> lines.add(span.group(1)));
    return lines;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommand_isTakenByTheProgram(Path page) {
    for (String line : code(page)) {
      OURS.matcher(line).results().map(found -> found.group(1).strip()).forEach(this::requireKnown);
    }
  }

  private void requireKnown(String words) {
    if (words.contains("[OPTIONS]")) {
      return; // how it is called, in the reference
    }
    List<String> arguments = List.of(words.replace("\\", "").strip().split("\\s+", -1));
    if (arguments.getFirst().startsWith("-")) {
      Set<String> known = CommandPages.driver().optionsMap().keySet();
      for (String argument : arguments) {
        if (argument.startsWith("-")) {
          String flag = argument.replaceAll("=.*", "").replaceAll("^--?", "--");
          assertThat(known).as(words).contains(flag.equals("--h") ? "-h" : flag);
        }
      }
      return;
    }
    var line = new CommandLine(CommandPages.people());
    line.registerConverter(Duration.class, text -> Duration.ofSeconds(text.length()));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    assertThatCode(
            () -> {
              ParseResult result = line.parseArgs(arguments.toArray(String[]::new));
              assertThat(result.hasSubcommand()).as(words).isTrue();
            })
        .as(words)
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommandOfDev_isThere(Path page) {
    String dev = Checkout.read(Checkout.ROOT.resolve("dev"));
    int start = dev.indexOf("case $command in");
    String known = dev.substring(start, dev.indexOf("esac", start));
    for (String line : code(page)) {
      DEV.matcher(line)
          .results()
          .forEach(found ->
              assertThat(known).as(line).containsPattern("(?m)^    " + found.group(1) + "\\)"));
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyFileOfOurs_isThere(Path page) {
    for (String line : code(page)) {
      for (String word : line.split("[\\s,;=]+", -1)) {
        Path top = Checkout.ROOT.resolve(word.replaceAll("/.*", ""));
        boolean ours =
            word.matches("[a-z0-9-]+(/[\\w.-]+)+")
                && Files.isDirectory(top)
                && !top.endsWith("bin");
        boolean imageInPool = Files.exists(top.resolve("pom.xml")) && word.matches("[^/]+/[^/]+");
        if (ours && !imageInPool && !word.matches(".*/target/.*")) {
          boolean there =
              Files.exists(Checkout.ROOT.resolve(word)) || Files.exists(page.resolveSibling(word));
          assertThat(there).as("%s in: %s", word, line).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyBlockOfYamlOrJson_canBeRead(Path page) {
    var yaml = new ObjectMapper(new YAMLFactory());
    FENCE
        .matcher(Checkout.read(page))
        .results()
        .filter(block -> Set.of("yaml", "json").contains(block.group(1)))
        .forEach(block -> {
          for (String document : block.group(2).split("(?m)^---$", -1)) {
            assertThatCode(() -> yaml.readTree(document)).as(document).doesNotThrowAnyException();
          }
        });
  }

  /** Else the page, which is made of what is listed, would not have it. */
  @Test
  void everyParameter_isReadAsOneThatIsListed() {
    for (Path source : Checkout.sources()) {
      if (source
          .toString()
          .matches(".*/(rbd|cephfs)/(controller|node)/.*|.*/cluster/Secrets.java")) {
        assertThat(READ.matcher(Checkout.read(source)).results().map(use -> use.group(1)))
            .as(source.toString())
            .isEmpty();
      }
    }
  }

  /** By its own name, or by that of another list of the same driver that has its key too. */
  @Test
  void everyParameterThatIsListed_isUsed() {
    List<Parameter> listed = ParametersPage.all();
    List<String> sources = Checkout.sources().stream().map(Checkout::read).toList();
    assertThat(listed)
        .hasSizeGreaterThan(40)
        .filteredOn(parameter ->
            listed.stream()
                .filter(other -> other.key().equals(parameter.key()))
                .noneMatch(other -> isNamed(other, sources)))
        .isEmpty();
  }

  private static boolean isNamed(Parameter parameter, List<String> sources) {
    Class<?> list = parameter.getClass();
    Pattern name = Pattern.compile("\\b%s\\.%s\\b".formatted(list.getSimpleName(), parameter));
    String imported = "import %s;".formatted(list.getName());
    String place = "package %s;".formatted(list.getPackageName());
    return sources.stream()
        .filter(code -> code.contains(imported) || code.contains(place))
        .anyMatch(code -> name.matcher(code).find());
  }

  @Test
  void everyKeyOfConfigJsonAndItsMappings_isInTheListAndReadByTheCode() {
    Set<String> told = new TreeSet<>();
    KEY.matcher(Checkout.read(Checkout.ROOT.resolve("docs/reference/config.md")))
        .results()
        .flatMap(row -> Stream.of(row.group(1).split("[`, .]+", -1)))
        .filter(word -> !word.isEmpty())
        .forEach(told::add);
    Set<String> read =
        Stream.of("/ClusterConfigs.java", "/ClusterMappings.java")
            .map(source -> Checkout.read(Checkout.files(Checkout.ROOT, source).getFirst()))
            .flatMap(code -> READ_KEY.matcher(code).results())
            .map(use -> use.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(told).containsExactlyElementsOf(read);
  }
}
