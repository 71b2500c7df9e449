import fc from "fast-check";

/** What happens between two checks: `tick` in one synchronous go, `race` in an order that the scheduler picks. */
export interface Step<Command> {
  readonly as: "tick" | "race";
  readonly commands: readonly Command[];
  /** In a tick: how many turns of the microtasks pass before each command; none if left out. */
  readonly turns?: readonly number[];
}

/** How often each command is to come, relative to the others; what is left out never comes. */
export type Mix<Name extends string> = Readonly<Partial<Record<Name, number>>>;

/** How each command is made up. */
export type Makers<Command extends { readonly does: string }> = {
  readonly [Does in Command["does"]]: fc.Arbitrary<Extract<Command, { readonly does: Does }>>;
};

/** Which steps to make. */
export interface StepShape<Command extends { readonly does: string }> {
  readonly makers: Makers<Command>;
  readonly mix: Mix<Command["does"]>;
  /** The commands that come first, one by one: what goes wrong in a line needs a line. */
  readonly opening: readonly Command["does"][];
  /** The commands that shall often fall together; none for steps of one command each. */
  readonly racing: readonly Command["does"][];
}

const CROWD = 5;
const MOST_STEPS = 12;

/** Steps of the given shape; they shrink to fewer steps and fewer commands. */
export function stepsOf<Command extends { readonly does: string }>(
  shape: StepShape<Command>,
): fc.Arbitrary<readonly Step<Command>[]> {
  const { makers, mix, opening, racing } = shape;
  const only = (names: readonly Command["does"][]): fc.Arbitrary<Command> =>
    fc.oneof(
      ...names.map((does) => ({ weight: mix[does] ?? 0, arbitrary: makers[does] as fc.Arbitrary<Command> })),
    );
  const alone = (command: fc.Arbitrary<Command>) =>
    fc.record<Step<Command>>({ as: fc.constant("tick"), commands: fc.tuple(command) });

  const anything = only(Object.keys(mix) as Command["does"][]);
  const steps = [alone(anything)];
  if (racing.length > 0) {
    const commands = fc.array(fc.oneof(only(racing), anything), { minLength: 2, maxLength: 3 });
    steps.push(fc.record<Step<Command>>({ as: fc.constantFrom("tick", "race"), commands }));
  }
  return fc
    .tuple(
      fc.array(alone(only(opening)), { maxLength: CROWD, size: "max" }),
      fc.array(fc.oneof(...steps), { minLength: 1, maxLength: MOST_STEPS, size: "max" }),
    )
    .map(([crowd, rest]) => [...crowd, ...rest]);
}
