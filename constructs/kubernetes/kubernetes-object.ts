/** What can stand in a Kubernetes object: what JSON can hold. `undefined` leaves a field out. */
export type KubernetesValue =
  | string
  | number
  | boolean
  | undefined
  | readonly KubernetesValue[]
  | { readonly [field: string]: KubernetesValue };

/** An object as one writes it to Kubernetes. Its strings may be known only at apply. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** `spec`, or whatever else the kind has beside. */
  readonly [field: string]: KubernetesValue;
}
