package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuestionTest {
  private final InputStream before = System.in;
  private final StringWriter asked = new StringWriter();

  @AfterEach
  void restore() {
    System.setIn(before);
  }

  private Question question(String answers) {
    System.setIn(new ByteArrayInputStream(answers.getBytes(StandardCharsets.UTF_8)));
    var err = new PrintWriter(asked);
    return new Question(new Screen(new PrintWriter(new StringWriter()), err, "1"), false);
  }

  @ParameterizedTest
  @CsvSource({"y,true", "YES,true", "n,false", "No,false", "' a ',true", "q,false"})
  void answer_isTaken(String answer, boolean allowed) throws IOException {
    assertThat(question(answer + "\n").allows("mend it?")).isEqualTo(allowed);
    assertThat(asked.toString()).isEqualTo("mend it? [y]es, [n]o, [a]ll, [q]uit: ");
  }

  @Test
  void all_allowsTheRestUnasked() throws IOException {
    Question question = question("n\na\n");
    assertThat(question.allows("one")).isFalse();
    assertThat(question.allows("two")).isTrue();
    assertThat(question.allows("three")).isTrue();
    assertThat(asked.toString()).contains("two").doesNotContain("three");
  }

  @Test
  void quit_forbidsTheRestUnasked() throws IOException {
    Question question = question("y\nq\n");
    assertThat(question.allows("one")).isTrue();
    assertThat(question.allows("two")).isFalse();
    assertThat(question.allows("three")).isFalse();
    assertThat(asked.toString()).contains("two").doesNotContain("three");
  }

  @Test
  void rubbish_isAskedAgain() throws IOException {
    assertThat(question("maybe\n\ny\n").allows("mend it?")).isTrue();
    assertThat(asked.toString().split("mend it", -1)).hasSize(4);
  }

  @Test
  void nobodyThatAnswers_isToldWhatToGive() {
    Question question = question("");
    assertThatThrownBy(() -> question.allows("mend it?"))
        .isInstanceOf(WrongUsage.class)
        .hasMessageContaining("--yes");
  }
}
