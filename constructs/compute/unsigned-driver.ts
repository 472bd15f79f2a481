/** Why a machine with Google's image and a GPU starts without Secure Boot, as the policy report gives it. */
export const UNSIGNED_DRIVER =
  "Secure Boot loads no driver that is not signed, as NVIDIA's in Google's images is not: vTPM and integrity monitoring are on.";
