/** What a server answers, or why it does not. */

/** An answer, or an error that is the server's own sentence. */
export async function fetched(url: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init).catch(() => {
    throw new Error(`${url} cannot be reached: is Loupe still running?`);
  });
  if (!answer.ok) {
    const plain = answer.headers.get("content-type")?.startsWith("text/plain");
    throw new Error((plain && (await answer.text())) || `${url} was refused (${answer.status}).`);
  }
  return answer;
}
