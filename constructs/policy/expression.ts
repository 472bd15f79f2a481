/** Whether Terraform computes a value: a template with `${...}` or `%{...}`, as far as it is not escaped. */
export function isExpression(value: unknown): value is string {
  return typeof value === "string" && /(?<!\$)\$\{|(?<!%)%\{/.test(value);
}

/** An expression without the function that cdktf wraps around a list to tell Terraform its type. */
export function withoutConversion(expression: string): string {
  const list = /^\$\{to(?:list|set)\(([^()]+)\)\}$/.exec(expression)?.[1];
  return list === undefined ? expression : `\${${list}}`;
}

/** The attribute of a resource to which a whole expression refers, and nothing but that. */
export interface AttributeReference {
  readonly type: string;
  readonly name: string;
  readonly attribute: string;
}

export function attributeReference(expression: string): AttributeReference | undefined {
  const match = /^\$\{([a-z][a-z0-9_]*)\.([\w-]+)\.([a-z][a-z0-9_]*)\}$/.exec(expression);
  return match === null ? undefined : { type: match[1], name: match[2], attribute: match[3] };
}

/** The name of a local value that is a whole expression. */
export function localReference(expression: string): string | undefined {
  return /^\$\{local\.([\w-]+)\}$/.exec(expression)?.[1];
}

/** An output of another stack's state. */
export interface RemoteReference {
  readonly state: string;
  readonly output: string;
}

export function remoteReference(expression: string): RemoteReference | undefined {
  const match = /^\$\{data\.terraform_remote_state\.([\w-]+)\.outputs\.([\w-]+)\}$/.exec(expression);
  return match === null ? undefined : { state: match[1], output: match[2] };
}

/** Whether text is the name of a key, as a resource takes it. */
export function isKeyName(text: string): boolean {
  return /(?:^|\/)projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+(?:\/cryptoKeyVersions\/\d+)?$/.test(
    text,
  );
}

/**
 * Whether an expression can be nothing but a key: what a key resource, a grant on one or a data source of one
 * says of itself, or a key's name that is written out in part.
 */
export function isKeyExpression(expression: string): boolean {
  return (
    /^\$\{(?:data\.)?google_kms_(?:crypto_key|key_handle)\w*\.[\w-]+(?:\[[^\]{}]*\])?\.(?:id|crypto_key_id|crypto_key|kms_key)\}$/.test(
      expression,
    ) || /^[^?]*\/cryptoKeys\/[^?]+$/.test(expression)
  );
}
