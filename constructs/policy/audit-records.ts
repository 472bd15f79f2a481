import type { RenderedEnvironment } from "./rendered-environment";
import type { Argument, RenderedResource } from "./rendered-resource";
import type { LocatedObjection } from "./rule";

/** What audit records are about, what makes them and what keeps them. */
export const auditRecordTypes = [
  "google_kms_crypto_key",
  "google_storage_bucket",
  "google_*_iam_audit_config",
  "google_logging_*_bucket_config",
  "google_logging_*_sink",
] as const;

const SECONDS_PER_DAY = 86_400;

/**
 * Objects where no log bucket, and no bucket that logs are sent to, keeps records for some days. Each kind of
 * record may go to another one, so the longest counts.
 */
export function judgeAuditRetention(
  environment: RenderedEnvironment,
  records: readonly RenderedResource[],
  daysMin: number,
): LocatedObjection[] {
  const kept = [...logBuckets(environment), ...archives(environment)];
  if (kept.some(({ days }) => days >= daysMin)) return [];
  const open = kept.filter(({ retention }) => retention.isUnresolved);
  if (open.length > 0)
    return open.map(({ at, retention: { property, written } }) => ({
      at,
      property,
      received: written,
      unresolved: true,
    }));
  const [longest] = kept.sort((left, right) => right.days - left.days);
  if (longest === undefined)
    return [
      { at: records[0], ofStack: true, property: "log bucket", received: undefined, unresolved: false },
    ];
  const { at, retention } = longest;
  return [{ at, property: retention.property, received: retention.written, unresolved: false }];
}

interface Keeper {
  readonly at: RenderedResource;
  readonly retention: Argument;
  readonly days: number;
}

function logBuckets(environment: RenderedEnvironment): Keeper[] {
  return environment.ofType("google_logging_*_bucket_config").map((at) => {
    const retention = at.argument("retention_days");
    // Thirty days is what Google keeps where nothing is stated.
    return { at, retention, days: retention.isAbsent ? 30 : daysOf(retention, 1) };
  });
}

function archives(environment: RenderedEnvironment): Keeper[] {
  const destinations = environment
    .ofType("google_logging_*_sink")
    .flatMap((sink) => sink.arguments("destination"));
  return environment
    .ofType("google_storage_bucket")
    .filter((bucket) =>
      destinations.some(
        ({ text }) =>
          text.includes(`\${${bucket.address}.`) ||
          text === `storage.googleapis.com/${bucket.argument("name").text}`,
      ),
    )
    .map((at) => {
      const retention = at.argument("retention_policy.retention_period");
      return { at, retention, days: daysOf(retention, SECONDS_PER_DAY) };
    });
}

/** Days of a retention; none where it is stated nowhere or known only at apply. */
function daysOf({ number }: Argument, unit: number): number {
  return Number.isNaN(number) ? 0 : number / unit;
}
