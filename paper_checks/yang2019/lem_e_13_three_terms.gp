# A kernel $\mathsf J_\alpha$ by its integral (points) and as the sum of the lemma's two terms (black); the first of them, $c\,\mathsf J_{\alpha-1}$ (blue), and the
# second, which takes over where $c$ is negative (green).
set title "Three arc-cosine kernels, α = ".number("alpha")
set xlabel "correlation c"
set ylabel "kernel"
set xrange [-1:1]
plot table using "c":"first" with lines linestyle 3 title "c J_{α−1}", \
     "" using "c":(column("printed") - column("first")) with lines linestyle 4 title "second term", \
     "" using "c":"printed" with lines linestyle 1 title "sum", \
     "" every 2 using "c":"J" with points linestyle 2 title "J_α"
