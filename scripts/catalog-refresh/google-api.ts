import { RefreshError } from "./options";

/** A page of a list of Google's. */
interface Page {
  readonly nextPageToken?: string;
}

/** Reads lists of Google's REST APIs, page by page. */
export class GoogleApi {
  constructor(
    private readonly token: string,
    private readonly project: string,
    private readonly base?: string,
  ) {}

  /** All pages of a list; `path` begins with the version. */
  async list<P>(service: string, path: string, query: Readonly<Record<string, string>> = {}): Promise<P[]> {
    const pages: P[] = [];
    let pageToken: string | undefined;
    do {
      const page: P & Page = await this.get(
        service,
        path,
        pageToken === undefined ? query : { ...query, pageToken },
      );
      pages.push(page);
      pageToken = page.nextPageToken || undefined;
    } while (pageToken !== undefined);
    return pages;
  }

  private async get<P>(service: string, path: string, query: Readonly<Record<string, string>>): Promise<P> {
    const origin = this.base === undefined ? `https://${service}` : `${this.base}/${service}`;
    const headers = { authorization: `Bearer ${this.token}`, "x-goog-user-project": this.project };
    const response = await fetch(`${origin}/${path}?${new URLSearchParams(query)}`, { headers }).catch(
      (error) => {
        throw new RefreshError(`${service} does not answer: ${error.cause?.message ?? error.message}`);
      },
    );
    const body = await response.text();
    if (!response.ok) throw new RefreshError(`${service} answered ${response.status}: ${messageOf(body)}`);
    try {
      return JSON.parse(body);
    } catch {
      throw new RefreshError(`${service} answered no JSON: ${body.slice(0, 200)}`);
    }
  }
}

/** What Google says in an error, or the beginning of what a proxy says. */
function messageOf(body: string): string {
  try {
    return JSON.parse(body).error.message;
  } catch {
    return body.slice(0, 200) || "nothing";
  }
}
