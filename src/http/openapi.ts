/** OpenAPI 3.1.0: what /v1 can do, made from the definitions of the commands */
import { z } from 'zod';
import { type CommandSpec, groupOf, scopeOf, version } from '#core';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['condition', 'text'],
      properties: {
        condition: { type: 'string', description: 'A condition of RFC 6120 §8.3.3' },
        text: { type: 'string', description: 'For people' },
        issues: {
          type: 'array',
          description: 'What is wrong with which field of the input',
          items: {
            type: 'object',
            required: ['path', 'message'],
            properties: { path: { type: 'string' }, message: { type: 'string' } },
          },
        },
      },
    },
  },
};

export function openApi(commands: readonly CommandSpec[]): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Tharsis', version, summary: 'The commands of administrators' },
    servers: [{ url: '/v1' }],
    security: [{ token: [] }],
    paths: Object.fromEntries(commands.map((spec) => [pathOf(spec), itemOf(spec)])),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Made by `tharsis token create`' },
      },
      schemas: { Error: ERROR },
      responses: {
        Error: { description: 'It was refused', content: inJson({ $ref: '#/components/schemas/Error' }) },
      },
    },
  };
}

function pathOf({ name }: CommandSpec): string {
  return `/${name.replace('.', '/')}`;
}

function itemOf(spec: CommandSpec): object {
  const { name, summary, reads } = spec;
  const input = jsonSchema(spec.input, 'input');
  const output = spec.output as z.ZodType;
  const operation = {
    operationId: name,
    summary,
    tags: [groupOf(spec)],
    security: [{ token: [scopeOf(spec)] }],
    ...(reads
      ? { parameters: parametersOf(input) }
      : { requestBody: { required: (input.required ?? []).length > 0, content: inJson(input) } }),
    responses: {
      200: { description: 'It is done', content: inJson(jsonSchema(output, 'output')) },
      default: { $ref: '#/components/responses/Error' },
    },
  };
  return reads ? { get: operation } : { post: operation };
}

function parametersOf({ properties = {}, required = [] }: JsonSchema): object[] {
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonSchema;
    return { name, in: 'query', required: required.includes(name), description, schema };
  });
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...json } = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema: part }) {
      if (part.secret !== true) return;
      delete part.secret;
      Object.assign(part, { format: 'password', writeOnly: true });
    },
  });
  return json;
}

function inJson(schema: object): object {
  return { 'application/json': { schema } };
}
