export type Framework = "GDPR" | "HIPAA" | "PCI DSS" | "CCPA" | "CIS GCP" | "CIS GKE";

/** What a rule serves: one article, section or requirement, and where it can be read. */
export interface Control {
  readonly framework: Framework;
  readonly reference: string;
  readonly url: string;
}

/** The editions that the references are to. */
export const editions = {
  asOf: "2026-11-21",
  GDPR: "Regulation (EU) 2016/679",
  HIPAA: "45 CFR part 164",
  "PCI DSS": "4.0.1",
  CCPA: "California Civil Code, title 1.81.5",
  "CIS GCP": "CIS Google Cloud Platform Foundation Benchmark 3.0.0",
  "CIS GKE": "CIS Google Kubernetes Engine (GKE) Benchmark 1.4.0",
} as const satisfies Record<Framework | "asOf", string>;

/** As `gdpr("Art. 32(1)(a)")`. */
export function gdpr(reference: string): Control {
  const article = /\d+/.exec(reference)?.[0];
  const url = `https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_${article}`;
  return { framework: "GDPR", reference, url };
}

/** As `hipaa("164.312(a)(2)(iv)")`. */
export function hipaa(section: string): Control {
  const url = `https://www.ecfr.gov/current/title-45/section-${section.replace(/\(.*/, "")}`;
  return { framework: "HIPAA", reference: `45 CFR ${section}`, url };
}

/** As `pciDss("3.5.1")`. */
export function pciDss(requirement: string): Control {
  const url = "https://www.pcisecuritystandards.org/document_library/";
  return { framework: "PCI DSS", reference: `Req. ${requirement}`, url };
}

/** As `ccpa("1798.105(c)")`. */
export function ccpa(section: string): Control {
  const number = section.replace(/\(.*/, "");
  const url = `https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=CIV&sectionNum=${number}`;
  return { framework: "CCPA", reference: `§ ${section}`, url };
}

/** As `cis("5.2")`. */
export function cis(recommendation: string): Control {
  const url = "https://www.cisecurity.org/benchmark/google_cloud_computing_platform";
  return { framework: "CIS GCP", reference: recommendation, url };
}

/** As `cisGke("5.6.4")`. */
export function cisGke(recommendation: string): Control {
  const url = "https://www.cisecurity.org/benchmark/kubernetes";
  return { framework: "CIS GKE", reference: recommendation, url };
}
