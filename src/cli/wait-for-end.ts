import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** Resolves when the process is gone. @throws Error when it still runs after 10 s */
export async function waitForEnd(pid: number): Promise<void> {
  for (let waited = 0; isRunning(pid); waited += LOOK_EVERY_MS) {
    if (waited >= PATIENCE_MS) throw new Error(`the server (process ${pid}) was told to stop, but still runs`);
    await sleep(LOOK_EVERY_MS);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
