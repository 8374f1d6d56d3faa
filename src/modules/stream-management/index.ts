/** XEP-0198: Stream Management */
import { z } from 'zod';
import { defineModule, type Element, type Host, type Management, managementOptions, StreamError } from '#core';
import { enabling } from './enable.ts';
import { count, countTooHigh, failed, feature, NS_SM } from './nonzas.ts';
import { resuming } from './resume.ts';

const configSchema = z.strictObject({
  ...managementOptions,
  ask_after_stanzas: managementOptions.ask_after_stanzas.default(1),
});

export type StreamManagementConfig = z.output<typeof configSchema>;

export default defineModule({
  name: 'stream-management',
  xeps: [{ xep: 198, version: '1.6.3' }],
  config: configSchema,
  setup(host: Host<StreamManagementConfig>) {
    const enable = enabling(host.config);

    // §2; not where it was enabled within the login (§8.1)
    host.streamFeature(({ user, session }) =>
      user === undefined || session?.management !== undefined ? undefined : feature,
    );

    host.nonza(NS_SM, (session, element) => {
      const { management } = session;
      if (element.name === 'enable') session.send(enable(session, element));
      else if (management === undefined || element.name === 'resume')
        session.send(failed('unexpected-request')); // §3
      else if (element.name === 'r')
        void management.tell(); // §4: what comes after it need not wait
      else if (element.name === 'a') acknowledged(management, element);
      else throw new StreamError('unsupported-stanza-type', `unknown element ${element.name}`);
    });

    const premature = failed('unexpected-request'); // §3
    const isKnown = (request: Element) => host.resumable(request.attr('previd') ?? '') !== undefined;
    host.inlineResume({ offer: feature, request: 'resume', premature, isKnown, resume: resuming(host) }); // §5, §8.2
    host.inlineBind(NS_SM, (session, request) => (request?.name === 'enable' ? enable(session, request) : undefined)); // §8.1
  },
});

/** §4, §6. A number the client went past before says nothing new. */
function acknowledged(management: Management, element: Element): void {
  const handled = count(element);
  if (handled === undefined) throw new StreamError('bad-format', 'h is the number of stanzas handled');
  if (management.acknowledge(handled) === 'unsent') throw countTooHigh(handled, management.unacknowledged.sent);
}
