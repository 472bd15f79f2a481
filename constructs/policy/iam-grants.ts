import type { Argument, RenderedResource } from "./rendered-resource";

/** Types that grant a role to members: one, all members of a role, or all roles of a resource. */
export const grantTypes = ["google_*_iam_member", "google_*_iam_binding", "google_*_iam_policy"] as const;

/** Roles that a grant names, with what stands for them where only apply knows. */
export function rolesOf(grant: RenderedResource): Argument[] {
  if (!grant.type.endsWith("_iam_policy")) return grant.arguments("role");
  return grant.arguments("policy_data.bindings.role");
}

/** Members that a grant names. */
export function membersOf(grant: RenderedResource): Argument[] {
  if (grant.type.endsWith("_iam_policy")) return grant.arguments("policy_data.bindings.members");
  return grant.arguments(grant.type.endsWith("_iam_binding") ? "members" : "member");
}
