/** A command, broken between its options only: no line ends after the first dash of two. */

export function Command({ text }: { text: string }) {
  return (
    <code>
      {text.split(/ (?=--)/).map((option, i) => (
        <>
          {i > 0 && " "}
          <span class="option">{option}</span>
        </>
      ))}
    </code>
  );
}
