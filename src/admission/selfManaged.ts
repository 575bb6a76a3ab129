/**
 * A certificate without cert-manager and without a Secret: this process is its own authority, keeps the authority's key in memory, and
 * publishes the authority's certificate to whoever calls the webhook.
 *
 * *Guarantee.* A certificate is shown only after its authority has been published. With several replicas each has an authority of its own; the
 * published bundle carries those of all (`tls/bundle.ts`), so it does not matter which replica answers. A replica that is not published yet is
 * not ready, and so gets no calls. Whatever removes an authority from the bundle is noticed within {@link SelfManagedOptions.everyMs}.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { authorityPrefix } from "../tls/bundle.js"
import { type Authority, issue, makeAuthority, type Validity } from "../tls/certificate.js"
import { type CertificateSource, makeComplaint } from "./CertificateSource.js"

export interface SelfManagedOptions<E extends { readonly message: string }> {
  /** Name of this replica: the pod's. A container that is started again replaces the authority it had before. */
  readonly replica: string
  /** Names under which the webhook is called. */
  readonly hosts: ReadonlyArray<string>
  /** Makes callers trust these authorities (PEM), and only these of this replica. Asked again and again; cheap when nothing is to be done. */
  readonly publish: (authorities: ReadonlyArray<string>) => Effect.Effect<void, E>
  /** How often to see to it (ms). Default 15 s. */
  readonly everyMs?: number
}

/** Validity in ms. Renewal begins after two thirds. */
const authorityMs = 365 * 24 * 3_600_000
const certificateMs = 30 * 24 * 3_600_000

/** A new authority signs only after callers had this long to learn of it (ms). The very first need not wait: nothing else could be served. */
const settleMs = 60_000

/** Clocks differ: everything is valid from an hour ago. */
const from = (now: number, forMs: number): Validity => ({
  from: new Date(now - 3_600_000),
  until: new Date(now + forMs),
})

/** Also when it is not valid yet: the clock was ahead when it was made. */
const isDue = ({ from, until }: Validity, now: number): boolean =>
  now < from.getTime() || now >= from.getTime() + ((until.getTime() - from.getTime()) * 2) / 3

interface Published {
  readonly authority: Authority
  /** Epoch ms; undefined: not yet. */
  readonly since: number | undefined
}

/** What this replica has: authorities, oldest first, and what it shows. */
interface Holdings {
  readonly authorities: ReadonlyArray<Published>
  readonly shown?: Validity & { readonly signer: Authority }
}

const withFreshAuthority = (holdings: Holdings, replica: string, now: number): Holdings => {
  const live = holdings.authorities.filter(({ authority }) => authority.until.getTime() > now)
  const newest = live.at(-1)
  if (newest !== undefined && !isDue(newest.authority, now)) return { ...holdings, authorities: live }
  const authority = makeAuthority(`${authorityPrefix}${replica}`, from(now, authorityMs))
  return { ...holdings, authorities: [...live, { authority, since: undefined }] }
}

const asPublished = (holdings: Holdings, now: number): Holdings => ({
  ...holdings,
  authorities: holdings.authorities.map(({ authority, since = now }) => ({ authority, since })),
})

/** The authority to sign with: the newest that is published long enough, at first the newest published. */
const signerOf = ({ authorities, shown }: Holdings, now: number): Authority | undefined =>
  authorities.findLast(({ since }) => since !== undefined && (shown === undefined || now - since >= settleMs))
    ?.authority ?? shown?.signer

export const selfManaged =
  <E extends { readonly message: string }>(options: SelfManagedOptions<E>): CertificateSource =>
  (show) =>
    Effect.suspend(() => {
      const { replica, hosts, publish, everyMs = 15_000 } = options
      const complain = makeComplaint()
      let holdings: Holdings = { authorities: [] }

      const present = (now: number) => {
        const signer = signerOf(holdings, now)
        const { shown } = holdings
        if (signer === undefined || (shown?.signer === signer && !isDue(shown, now))) return Effect.void
        const validity = from(now, certificateMs)
        holdings = { ...holdings, shown: { ...validity, signer } }
        return Effect.zipRight(
          show({ ...issue(signer, hosts, validity), until: validity.until }),
          Effect.logInfo(`webhook certificate for ${hosts.join(", ")}, valid until ${validity.until.toISOString()}`),
        )
      }

      const turn = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        holdings = withFreshAuthority(holdings, replica, now)
        yield* publish(holdings.authorities.map(({ authority }) => authority.certificate)).pipe(
          Effect.matchEffect({
            onFailure: ({ message }) => complain(`the webhook's authority cannot be published: ${message}`),
            onSuccess: () => {
              holdings = asPublished(holdings, now)
              return complain(undefined)
            },
          }),
        )
        yield* present(now)
      })
      return turn.pipe(Effect.zipRight(Effect.sleep(everyMs)), Effect.forever)
    })
