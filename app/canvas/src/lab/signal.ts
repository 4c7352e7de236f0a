/** A value that tells who listens whenever it changes, at once and in order. */
export class Signal<Value> {
  private listeners = new Set<(value: Value) => void>();

  constructor(private held: Value) {}

  get value(): Value {
    return this.held;
  }

  set value(value: Value) {
    if (Object.is(value, this.held)) return;
    this.held = value;
    for (const tell of [...this.listeners]) tell(value);
  }

  /** Calls ``tell`` at every change; gives what ends that. */
  subscribe(tell: (value: Value) => void): () => void {
    this.listeners.add(tell);
    return () => void this.listeners.delete(tell);
  }
}
