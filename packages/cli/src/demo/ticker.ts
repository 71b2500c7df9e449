import { SingleBar } from "cli-progress";
import type { Screen } from "../io.js";
import { sizeText, speedText } from "../size-text.js";

/** What a phase shows while it runs. */
export interface Tick {
  readonly moved: number;
  readonly total: number;
  readonly held: number;
  readonly rss: number;
  readonly seconds: number;
}

export interface Ticker {
  show(tick: Tick): void;
  end(): void;
}

/** On a terminal, one line that is redrawn; elsewhere a line for each tenth. */
export function ticker(screen: Screen, phase: string, budget: number): Ticker {
  return screen.isTTY ? redrawn(screen, phase, budget) : printed(screen, phase, budget);
}

function redrawn(screen: Screen, phase: string, budget: number): Ticker {
  const single = new SingleBar({
    format: `${phase} {bar} {percentage}% | {moved} | {speed} | held {held} of ${sizeText(budget)} | RSS {rss}`,
    stream: screen,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
  });
  let begun = false;
  return {
    show(tick) {
      const { moved, total, held, rss, seconds } = tick;
      const texts = {
        moved: sizeText(moved),
        speed: speedText(moved, seconds),
        held: sizeText(held),
        rss: sizeText(rss),
      };
      if (begun) single.update(moved, texts);
      else single.start(total, moved, texts);
      begun = true;
    },
    end: () => begun && single.stop(),
  };
}

function printed(screen: Screen, phase: string, budget: number): Ticker {
  let tenth = 0;
  return {
    show({ moved, total, held, rss, seconds }) {
      const now = Math.floor((moved / total) * 10);
      if (now <= tenth) return;
      tenth = now;
      const speed = speedText(moved, seconds);
      screen.write(
        `${phase} ${`${now}0`.padStart(3)}% | ${speed} | held ${sizeText(held)} of ${sizeText(budget)} | RSS ${sizeText(rss)}\n`,
      );
    },
    end() {},
  };
}
