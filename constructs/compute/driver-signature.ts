/** Why a machine with Google's image and a GPU starts without Secure Boot, as the policy report gives it. */
export const DRIVER_SIGNATURE_UNKNOWN =
  "Google does not say that NVIDIA's driver in its image is signed, and Secure Boot would load no other: vTPM and integrity monitoring are on.";
