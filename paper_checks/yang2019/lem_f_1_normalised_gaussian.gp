# Factor by which the gap between largest and least eigenvalue shrinks in one step: the largest that a search over spectra with a given least eigenvalue found (red), the bound
# that convexity gives (blue) and the weaker one that is printed (sky).
set title "Lemma F.1, A = ".setting("A")
set xlabel "A λ_A"
set ylabel "T(λ)"
set xrange [0:1]
set yrange [0:1.02]
plot table using (pick("bound", column("x"))):"second" with lines linestyle 3 title "1 − 2Aλ_A/(A+2)", \
     "" using (pick("bound", column("x"))):"printed" with lines linestyle 7 title "printed", \
     "" using (pick("bound", column("x"))):"first" with points linestyle 2 pointsize 0.8 title "largest found"
