/** The options of a listener with the goim dialect */
import { z } from 'zod';

const APP_ID = /^(?:0|[1-9]\d{0,4})$/;

const pushCalls = z
  .strictObject({
    address: z.string().default('127.0.0.1').describe('Address of the HTTP listener for push calls'),
    port: z.int().min(0).max(65_535).describe('Port of it; that of goim is 7172'),
    tls: z.boolean().default(false).describe('Whether it is HTTPS'),
    access: z
      .enum(['token', 'open'])
      .default('token')
      .describe('Whether push calls need a token of the HTTP API; open: nobody needs one, on a loopback address only'),
  })
  .refine(({ access, address }) => access === 'token' || isLoopback(address), {
    error: 'open is for loopback addresses only',
    path: ['access'],
  })
  .refine(({ tls, address }) => tls || isLoopback(address), {
    error: 'without TLS push calls are taken on loopback addresses only: their tokens would travel in the clear',
    path: ['tls'],
  });

export const goimOptions = {
  goim_hosts: z
    .record(z.string().regex(APP_ID, 'is no appid: 0 to 32767'), z.string().min(1))
    .default({})
    .describe('The virtual host of each appid; without any, appid 0 is the first host'),
  goim_login_seconds: z
    .int()
    .min(1)
    .max(300)
    .default(5)
    .describe('Time from the connection to operation 7, after which the connection is closed'),
  goim_anonymous: z
    .boolean()
    .default(false)
    .describe('Whether uid 0 is let in, without a token: for pushes, and no session of a user'),
  goim_push: pushCalls.optional().describe('Where the push calls of goim are answered; absent: nowhere'),
};

function isLoopback(address: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(address);
}
