import type { Argument, RenderedResource } from "./rendered-resource";

/** Types that grant a role to members: one, all members of a role, or all roles of a resource. */
export const grantTypes = ["google_*_iam_member", "google_*_iam_binding", "google_*_iam_policy"] as const;

/** Roles that a grant names. */
export function rolesOf(grant: RenderedResource): Argument[] {
  return grant.type.endsWith("_iam_policy") ? inPolicy(grant, "role") : grant.arguments("role");
}

/** Members that a grant names. */
export function membersOf(grant: RenderedResource): Argument[] {
  if (grant.type.endsWith("_iam_policy")) return inPolicy(grant, "members");
  return grant.arguments(grant.type.endsWith("_iam_binding") ? "members" : "member");
}

/** A policy is a document, or the data source that renders one. */
function inPolicy(grant: RenderedResource, field: "role" | "members"): Argument[] {
  const policy = grant.argument("policy_data");
  const rendered = /^\$\{data\.google_iam_policy\.([\w-]+)\.policy_data\}$/.exec(policy.text)?.[1];
  const source = rendered === undefined ? undefined : policy.origin.dataSource("google_iam_policy", rendered);
  return (
    source?.under(policy.property).arguments(`binding.${field}`) ??
    grant.document("policy_data")?.arguments(`bindings.${field}`) ?? [policy]
  );
}
