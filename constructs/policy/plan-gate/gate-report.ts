import type { ChangedArgument } from "./changed-arguments";
import type { GateVerdict, Loss, Renewal } from "./plan-gate";

/** A verdict in words: each loss with its reason and what would allow it. */
export function gateReport({ losses, renewals, unused, changes }: GateVerdict): string {
  const stale = unused.map(
    (name) => `--allow ${name} allows nothing: this plan neither replaces nor destroys it`,
  );
  const blocked = losses.filter(({ allowed }) => !allowed).length;
  const sum =
    losses.length === 0
      ? `${counted(changes, "change")}, nothing stateful or expensive is replaced or destroyed`
      : `${counted(changes, "change")}, ${counted(losses.length, "loss", "losses")}, ${blocked} not allowed`;
  return [...losses.map(lossLines), ...renewals.map(renewalLines), ...stale, sum].join("\n");
}

function lossLines({ name, type, fate, stake, because, reason, allowed }: Loss): string {
  const time = fate === "replaced" ? `, ${about(stake.minutes)}` : "";
  return [
    `${name}  ${type}  would be ${fate.toUpperCase()} (${stake.loses}${time})`,
    ...because.map(becauseLine),
    ...(reason === undefined ? [] : [`  because  ${reason}`]),
    allowed ? "  allowed" : `  allow it with --allow ${quoted(name)}`,
  ].join("\n");
}

function renewalLines({ name, type, stake, because }: Renewal): string {
  return [
    `${name}  ${type}  would be UPDATED, all its nodes made anew in turns (${stake.loses}, ${about(stake.minutes)})`,
    ...because.map(becauseLine),
  ].join("\n");
}

function becauseLine({ argument, before, after }: ChangedArgument): string {
  return `  because  ${argument} changes ${before} -> ${after}`;
}

/** To five minutes from ten on. */
function about(minutes: number): string {
  return `about ${minutes < 10 ? minutes : Math.round(minutes / 5) * 5} min`;
}

function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name}'`;
}
