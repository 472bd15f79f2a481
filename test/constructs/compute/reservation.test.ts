import { Token } from "cdktf";
import { checkReservation, reservationParts } from "../../../constructs/compute/reservation";

describe("a reservation", () => {
  test("is named alone where it is the cluster's own, and by its path where another project shares it", () => {
    expect(reservationParts("h100")).toEqual({ name: "h100" });
    expect(reservationParts("projects/acme-capacity/reservations/h100")).toEqual({
      project: "acme-capacity",
      name: "h100",
    });
  });

  test("may be one of its blocks, or a part of one", () => {
    expect(reservationParts("h100/reservationBlocks/b-1")).toEqual({ name: "h100", block: "b-1" });
    expect(
      reservationParts(
        "projects/acme-capacity/reservations/h100/reservationBlocks/b-1/reservationSubBlocks/s-2",
      ),
    ).toEqual({ project: "acme-capacity", name: "h100", block: "b-1", subBlock: "s-2" });
  });

  test("may be known at apply only, or its project", () => {
    const later = Token.asString({ resolve: () => "acme-capacity" });
    expect(reservationParts(later)).toEqual({ name: later });
    expect(reservationParts(`projects/${later}/reservations/h100`)).toEqual({ project: later, name: "h100" });
    expect(checkReservation("reservation", `projects/${later}/reservations/h100`)).toEqual([]);
  });

  test.each(["", "H100", "reservations/h100", "projects/P/reservations/h100", "h100/reservationBlocks/"])(
    "is refused as %j",
    (received) => {
      expect(checkReservation("reservation", received)).toEqual([
        {
          property: "reservation",
          received,
          remedy:
            "use the reservation's name, or projects/P/reservations/R for one that another project shares",
        },
      ]);
    },
  );
});
