// Tests of the limits of conditions.

