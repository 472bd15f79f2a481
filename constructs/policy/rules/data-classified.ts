import { DATA_CLASSIFICATION_LABEL, dataClassifications } from "../../catalog/data-classification";
import { ccpa, gdpr, hipaa, pciDss } from "../control";
import { classificationOf } from "../personal-data";
import { expectEach, type ResourceRule } from "../rule";

export const dataClassified: ResourceRule = {
  id: "data-classified",
  checks: `What holds data says by its label ${DATA_CLASSIFICATION_LABEL} what kind of data that is.`,
  why: "Who asks what is known of them, or to be forgotten, can be answered only by who knows where to look.",
  remedy: `label it ${DATA_CLASSIFICATION_LABEL}: ${dataClassifications.join(", ")}`,
  controls: [gdpr("Art. 30(1)(c)"), ccpa("1798.110(a)"), hipaa("164.308(a)(1)(ii)(A)"), pciDss("12.5.2")],
  level: "warning",
  appliesTo: [
    "google_alloydb_cluster",
    "google_bigquery_dataset",
    "google_bigtable_instance",
    "google_filestore_instance",
    "google_redis_instance",
    "google_spanner_instance",
    "google_sql_database_instance",
    "google_storage_bucket",
    "google_vertex_ai_dataset",
    "google_vertex_ai_featurestore",
  ],
  judge: (holder) =>
    expectEach([classificationOf(holder)], ({ text }) =>
      (dataClassifications as readonly string[]).includes(text),
    ),
};
