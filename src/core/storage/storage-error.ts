/** The storage failed or was misused; `cause` is the driver's own error. Nothing of the refused write is stored. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}
