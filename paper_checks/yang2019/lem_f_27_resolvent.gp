# The derivative of one entry of $\Sigma(I+2s\Sigma)^{-1}$ along a random path, against $s$: by differences (points), and lemma F.27 as printed (orange) and
# with its first inverse (black). At $s=0$ they agree.
set title "Derivative of a resolvent"
set xlabel "s"
set ylabel "entry (1,1) of the derivative"
set xrange [0:2]
plot table using "s":"printed" with lines linestyle 5 title "printed", \
     "" using "s":"corrected" with lines linestyle 1 title "corrected", \
     "" using "s":"difference" with points linestyle 2 title "differences"
