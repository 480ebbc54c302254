/**
 * Reports on their way: what is news here goes to every other mesh link once.
 *
 * W1 the accused hear theirs at once, over any link, so that they can refute.
 * W2 the first report goes out at once; those that follow within `companyBatches` batches wait for one another: when many
 *    are lost together, hundreds of reports are under way in the same moment.
 * W3 what waits when convictions freeze is not sent: sets of doubts say as much (mass-guard.ts).
 */

import type { Report } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

const companyBatches = 4;

export class Rumours {
  readonly #state: MeshState;
  /** What waits, with the link that each came over. */
  #waiting: { readonly report: Report; readonly from: number | undefined }[] = [];
  #sendAtMs = Number.NEGATIVE_INFINITY;

  constructor(state: MeshState) {
    this.#state = state;
  }

  dueMs(): number {
    return this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : this.#sendAtMs;
  }

  spread(reports: readonly Report[], from?: number): void {
    for (const report of reports) this.#tellAccused(report, from);
    this.#waiting.push(...reports.map((report) => ({ report, from })));
    this.flush();
  }

  /** Sends what has waited long enough. */
  flush(): void {
    const { nowMs, settings, links, doubts } = this.#state;
    if (this.#waiting.length === 0 || nowMs < this.#sendAtMs) return;
    this.#sendAtMs = nowMs + companyBatches * settings.batchMs;
    const waiting = this.#waiting.splice(0);
    if (doubts.isFrozen) return;
    for (const link of links.mesh()) {
      const news = waiting.filter(({ report, from }) => from !== link.id && report.instance !== link.instance);
      for (let at = 0; at < news.length; at += meshLimits.recordsPerMessage) {
        const reports = news.slice(at, at + meshLimits.recordsPerMessage).map(({ report }) => report);
        this.#state.send(link.id, { kind: 'suspect', reports });
      }
    }
  }

  #tellAccused(report: Report, from: number | undefined): void {
    const link = this.#state.links.to(report.instance);
    if (link && link.id !== from) this.#state.send(link.id, { kind: 'suspect', reports: [report] });
  }
}
