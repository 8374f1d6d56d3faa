/** Messages as they are given to be sent: what is left out, or undefined, is empty */
import type { Body, Extension, Message, Presence } from './gen/tharsis_pb.ts';

export type Init<M> = { [Name in Exclude<keyof M, '$typeName' | '$unknown'>]?: FieldInit<M[Name]> | undefined };

type FieldInit<F> = F extends bigint
  ? bigint | number
  : F extends string | number | boolean | undefined | Uint8Array
    ? F
    : F extends readonly (infer Item)[]
      ? readonly FieldInit<Item>[]
      : F extends { readonly $typeName: string }
        ? Init<F>
        : F extends { readonly case: infer Case extends string; readonly value: infer Value }
          ? { readonly case: Case; readonly value: FieldInit<Value> }
          : Readonly<F>;

export type BodyInit = Init<Body>;
export type ExtensionInit = Init<Extension>;
export type MessageInit = Init<Message>;
export type PresenceInit = Init<Presence>;
