import type { Argument, RenderedResource } from "./rendered-resource";

/**
 * Where types grant access without an IAM member, binding or policy, and what those arguments name: whom, a
 * role and whom, or one of the lists that Cloud Storage has ready.
 * https://cloud.google.com/storage/docs/access-control/lists
 */
const accessLists: Readonly<Record<string, readonly string[]>> = {
  google_bigquery_dataset: ["access.iam_member", "access.special_group"],
  google_bigquery_dataset_access: ["iam_member", "special_group"],
  google_storage_bucket_access_control: ["entity"],
  google_storage_bucket_acl: ["role_entity", "predefined_acl", "default_acl"],
  google_storage_bucket_object: ["predefined_acl"],
  google_storage_default_object_access_control: ["entity"],
  google_storage_default_object_acl: ["role_entity"],
  google_storage_object_access_control: ["entity"],
  google_storage_object_acl: ["role_entity", "predefined_acl"],
};

export const accessListTypes: readonly string[] = Object.keys(accessLists);

/** What an access list says of whom it is for; nothing where it leaves that to Google. */
export function accessListOf(resource: RenderedResource): Argument[] {
  return (accessLists[resource.type] ?? [])
    .flatMap((argument) => resource.arguments(argument))
    .filter(({ isAbsent }) => !isAbsent);
}
