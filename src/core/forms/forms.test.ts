import { describe, expect, it } from 'vitest';
import { dataForm, type Element, FilledForm, ns, StanzaError } from '#core';

const data = ns('jabber:x:data');
const query = ns('urn:example');

const field = (name: string, ...values: string[]) =>
  data(
    'field',
    { var: name },
    values.map((value) => data('value', {}, value)),
  );
const formType = field('FORM_TYPE', 'urn:example');
const wrapped = (type: string, ...children: Element[]) => query('query', {}, data('x', { type }, children));
const filled = (...children: Element[]) => FilledForm.in(wrapped('submit', formType, ...children), 'urn:example');

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StanzaError) return error.condition;
    throw error;
  }
  return 'none';
}

describe('a filled form', () => {
  it('gives the values of its fields by name', () => {
    const form = filled(
      field('name', 'Juliet'),
      field('lines', 'a', '', 'b'),
      field('with', 'juliet@capulet.lit/balcony'),
    );
    expect([...(form?.names ?? [])]).toEqual(['name', 'lines', 'with']);
    expect(form?.text('name')).toBe('Juliet');
    expect(form?.texts('lines')).toEqual(['a', '', 'b']);
    expect(form?.jid('with')?.resource).toBe('balcony');
  });

  it.each([
    ['is not there', []],
    ['has no value', [field('x')]],
    ['has an empty value', [field('x', '')]],
  ])('reads a field that %s as undefined', (_what, fields) => {
    const form = filled(...fields);
    expect([form?.text('x'), form?.jid('x'), form?.flag('x')]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['false', false],
  ])('reads %s as a boolean', (text, value) => {
    expect(filled(field('x', text))?.flag('x')).toBe(value);
  });

  it('ignores what is only shown', () => {
    expect([...(filled(data('field', { type: 'fixed' }, data('value', {}, 'Section 1')))?.names ?? [])]).toEqual([]);
  });

  it('is not where there is none', () => {
    expect(FilledForm.in(query('query'), 'urn:example')).toBeUndefined();
  });

  it.each([
    ['of another type', () => FilledForm.in(wrapped('submit', field('FORM_TYPE', 'urn:other')), 'urn:example')],
    ['of no type', () => FilledForm.in(wrapped('submit', field('x', '1')), 'urn:example')],
    ['that is not filled in', () => FilledForm.in(wrapped('form', formType), 'urn:example')],
    ['that was given up', () => FilledForm.in(wrapped('cancel'), 'urn:example')],
    ['with a field that has no name', () => filled(data('field'))],
    ['with two fields of a name', () => filled(field('x', '1'), field('x', '2'))],
    ['with two values where one is wanted', () => filled(field('x', '1', '2'))?.text('x')],
    ['with a boolean that is neither', () => filled(field('x', 'yes'))?.flag('x')],
  ])('%s is a bad request', (_what, read) => {
    expect(refusal(read)).toBe('bad-request');
  });

  it('with an address that is none is jid-malformed', () => {
    expect(refusal(() => filled(field('x', '@capulet.lit'))?.jid('x'))).toBe('jid-malformed');
  });
});

it('a form says what it is about and what its fields are', () => {
  const form = dataForm('form', 'urn:example', [
    { var: 'with', type: 'jid-single', label: 'Contact' },
    { var: 'ids', type: 'list-multi', values: ['a', 'b'], extensions: [query('open')] },
  ]);
  expect(form).toEqual(
    data(
      'x',
      { type: 'form' },
      data('field', { var: 'FORM_TYPE', type: 'hidden' }, data('value', {}, 'urn:example')),
      data('field', { var: 'with', type: 'jid-single', label: 'Contact' }),
      data('field', { var: 'ids', type: 'list-multi' }, query('open'), data('value', {}, 'a'), data('value', {}, 'b')),
    ),
  );
});
