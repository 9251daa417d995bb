import { type ErrorCode, errorCodes } from './error-codes.ts';

/**
 * The one error that reaches a caller: a code of the catalogue and its parameters, as the wire's ErrorDescription.
 * `message` is a sentence for logs; it is never sent in place of the code.
 */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly params: readonly string[];

  constructor(code: ErrorCode, ...params: readonly string[]) {
    super(params.length === 0 ? code : `${code}: ${params.join(', ')}`);
    this.name = 'ApiError';
    this.code = code;
    this.params = params;
  }

  /** Code first, then the parameters. */
  get description(): readonly string[] {
    return [this.code, ...this.params];
  }
}

/** Any thrown thing as an ApiError; what is not one already becomes INTERNAL_ERROR with its own words. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const error = new ApiError('INTERNAL_ERROR', thrown instanceof Error ? thrown.message : String(thrown));
  error.cause = thrown;
  return error;
}

export { type ErrorCode, errorCodes };
