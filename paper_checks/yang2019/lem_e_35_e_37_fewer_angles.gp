# The mean $\mathbb E\,r^{-k}e^{a\cdot v}$ of a Gaussian vector of $B-1$ coordinates, times $(B-1)^{k/2}$, with $a=1.5$ in one, two and four of its
# coordinates: in closed form (lines) and as an integral over that many angles (discs).
set title "Gaussian means over few angles, k = ".number("k")
set xlabel "batch size B"
set ylabel "mean · (B−1)^{k/2}"
set logscale xy
set xrange [2.7:1100]
names = "one two four"
k = setting("k") + 0
scaled(y) = y * (column("B") - 1)**(k / 2)
plot for [i=1:3] table using "B":(pick(word(names, i), scaled(column("closed")))) with lines linestyle word("1 3 4", i) + 0 title word(names, i), \
     for [i=1:3] "" using "B":(pick(word(names, i), scaled(column("mean")))) with points linestyle 2 title i == 3 ? "over angles" : ""
