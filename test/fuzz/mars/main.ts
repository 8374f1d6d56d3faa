/** `npm run fuzz:mars [-- ROUNDS [SEED]]` */
import { mutate } from './mutation.ts';

const [rounds = '1000000', seed = String(Date.now() >>> 0)] = process.argv.slice(2);
process.stdout.write(`${rounds} frames, seed ${seed}\n`);
const began = performance.now();
const outcome = mutate(Number(rounds), Number(seed));
process.stdout.write(`${JSON.stringify({ ...outcome, seconds: Math.round((performance.now() - began) / 1_000) })}\n`);
