/** What the server measures. It is read when somebody asks, so that counting costs no more than an addition. */
export interface Metric {
  /** `tharsis_` and words with underscores, the unit last; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** A counter only grows; a gauge is what there is now. */
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus, version 0.0.4. */
export function exposition(metrics: Iterable<Metric>): string {
  let text = '';
  for (const { name, help, type, samples } of metrics) {
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    for (const { labels = {}, value } of samples) text += `${name}${labelText(labels)} ${value}\n`;
  }
  return text;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
