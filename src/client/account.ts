/** 1061 to 1064: the account of a session, and what people say of themselves */
import { type Body, type BodyInit, Command, type Init, type Profile } from '#protocol/mars';

type Ask = (command: number, body: BodyInit) => Promise<Body>;

export class Account {
  readonly #ask: Ask;

  /** @param ask as Client.request, which says what it throws */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** 1062. @param oldPassword checked, where it is given */
  async changePassword(newPassword: string, oldPassword = ''): Promise<void> {
    await this.#ask(Command.changePassword, {
      payload: { case: 'newPassword', value: { oldPassword, newPassword } },
    });
  }

  /** 1061. The server ends the session. */
  async delete(): Promise<void> {
    await this.#ask(Command.deleteAccount, { payload: { case: 'credentials', value: {} } });
  }

  /** 1063. @param of a JID; default: one's own */
  async profile(of = ''): Promise<Profile | undefined> {
    const { payload } = await this.#ask(Command.getProfile, { to: of });
    return payload.case === 'profile' ? payload.value : undefined;
  }

  /** 1064: all of it; what is left out is taken away. */
  async setProfile(profile: Init<Profile>): Promise<void> {
    await this.#ask(Command.setProfile, { payload: { case: 'profile', value: profile } });
  }
}
